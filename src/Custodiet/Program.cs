using System.Runtime.Versioning;

// Unix sockets, file modes, flock: the product runs on Linux.
[assembly: SupportedOSPlatform("linux")]

return await Custodiet.Cli.CommandLine.RunAsync(args);
