using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Processes;

ProcessSecrecy.Ensure();
using StopSignals signals = new();
return await CommandLine.RunAsync(args, CliContext.ForProcess(), signals.Token);
