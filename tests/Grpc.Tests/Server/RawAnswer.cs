namespace K8sBackup.Grpc.Tests.Server;

/// <summary>An answer as it stands on the wire.</summary>
internal sealed record RawAnswer(int HttpStatus, string? GrpcStatus, string? GrpcMessage, bool TrailersOnly, byte[] Content);
