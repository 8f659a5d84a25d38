namespace K8sBackup.Grpc.Tests.Interop;

public sealed class GrpcioClientTlsFixture() : GrpcioClientFixture(useTls: true);
