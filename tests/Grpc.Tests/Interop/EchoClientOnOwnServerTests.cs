using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

public sealed class EchoClientOnOwnServerTests(ITestOutputHelper output) : EchoClientContract(output)
{
    protected override async Task<EchoServer> StartServerAsync() => await OwnEchoServer.StartAsync(useTls: false);
}
