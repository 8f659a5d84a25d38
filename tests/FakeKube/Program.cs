using K8sBackup.FakeKube.Serving;

// k8sbackup-fake-kube --listen 127.0.0.1:0 --dir DIR [--namespace NS]: serves until it is stopped, and writes DIR/kubeconfig once it listens.
Dictionary<string, string> options = [];
for (int i = 0; i + 1 < args.Length; i += 2)
{
    options[args[i]] = args[i + 1];
}

if (args.Length % 2 != 0 || !options.TryGetValue("--dir", out string? directory))
{
    await Console.Error.WriteLineAsync("usage: --dir DIR [--listen ADDRESS:PORT] [--namespace NAMESPACE]");
    return 2;
}

using CancellationTokenSource stop = new();
using System.Runtime.InteropServices.PosixSignalRegistration term = System.Runtime.InteropServices.PosixSignalRegistration.Create(
    System.Runtime.InteropServices.PosixSignal.SIGTERM,
    signal =>
    {
        signal.Cancel = true;
        stop.Cancel();
    });
await using FakeKubeServer server = await FakeKubeServer.StartAsync(new FakeKubeOptions
{
    Listen = options.GetValueOrDefault("--listen", "127.0.0.1:0"),
    Exec = HostCommands.RunAsync,
});
server.WriteKubeconfig(directory, options.GetValueOrDefault("--namespace", "default"));
Console.WriteLine($"listening on {server.Address}");
try
{
    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token);
}
catch (OperationCanceledException)
{
}

return 0;
