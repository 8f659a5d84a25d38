namespace K8sBackup.Cli.Tests;

/// <summary>How a command line ended and what it printed.</summary>
internal sealed record CliRun(int Code, string Out, string Error, byte[] Binary);
