using System.Runtime.InteropServices;
using K8sBackup.Demo;

bool keep = args.Contains("--keep");
if (args.Any(a => a != "--keep"))
{
    Console.Error.WriteLine("usage: demo [--keep]");
    return 2;
}

using CancellationTokenSource stop = new();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
return await DemoRun.RunAsync(keep, stop.Token);
