using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

public sealed class GrpcioClientTlsTests(GrpcioClientTlsFixture fixture, ITestOutputHelper output)
    : GrpcioClientContract(fixture, output), IClassFixture<GrpcioClientTlsFixture>
{
    [Fact]
    public void AuthContext_WithClientCertificate_NamesThePeer() =>
        Assert.Contains("INFO who ipv4 x509_subject_alternative_name node-7.nodes", Fixture.Lines);
}
