namespace Custodiet.Tests.Telemetry;

/// <summary>
/// Meters and spans belong to the process, of which the product has one for itself. Tests that look at all of them run while no other test has a
/// server in this one.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class WholeProcess
{
    public const string Name = "whole process";
}
