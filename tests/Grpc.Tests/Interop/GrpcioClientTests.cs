using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

public sealed class GrpcioClientTests(GrpcioClientPlainFixture fixture, ITestOutputHelper output)
    : GrpcioClientContract(fixture, output), IClassFixture<GrpcioClientPlainFixture>
{
    [Fact]
    public void AuthContext_WithoutTls_IsUnauthenticated() =>
        Assert.Contains(Fixture.Lines, line => line.TrimEnd() == "INFO who ipv4");
}
