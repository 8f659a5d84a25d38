using System.Collections.Frozen;

namespace Grpc.Wire;

/// <summary>The HTTP/2 fields of the gRPC protocol.</summary>
internal static class GrpcHeaders
{
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string ContentType = "application/grpc";
    public const string Identity = "identity";

    /// <summary>Fields that belong to the protocol and are never metadata of the application.</summary>
    private static readonly FrozenSet<string> _reserved = FrozenSet.ToFrozenSet(
        [
            Status, Message, Timeout, Encoding, AcceptEncoding,
            "te", "host", "content-type", "content-length", "content-encoding", "accept-encoding", "trailer",
        ],
        StringComparer.OrdinalIgnoreCase);

    public static bool IsReserved(string name) => name.StartsWith(':') || _reserved.Contains(name);

    /// <summary>Whether a content type is gRPC with Protobuf: <c>application/grpc</c>, with a suffix or parameters or without.</summary>
    public static bool IsGrpcContentType(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is ';' or '+');
}
