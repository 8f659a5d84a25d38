using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

public sealed class EchoClientOnOwnTlsServerTests(ITestOutputHelper output) : EchoClientContract(output)
{
    protected override async Task<EchoServer> StartServerAsync() => await OwnEchoServer.StartAsync(useTls: true);
}
