return await Custodiet.Cli.CommandLine.RunAsync(args);
