namespace K8sBackup.Grpc.Tests.Interop;

public sealed class GrpcioClientPlainFixture() : GrpcioClientFixture(useTls: false);
