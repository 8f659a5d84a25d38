using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

public sealed class EchoClientOnGrpcioTlsTests(ITestOutputHelper output) : EchoClientContract(output)
{
    protected override async Task<EchoServer> StartServerAsync() => await GrpcioEchoServer.StartAsync(useTls: true);
}
