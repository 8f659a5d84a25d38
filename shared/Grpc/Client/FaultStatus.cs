using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// What a fault of HttpClient means as a status: a fault of the connection is UNAVAILABLE (try again), a stream the
/// server reset is what its error code says.
/// </summary>
internal static class FaultStatus
{
    private enum Http2Error : long
    {
        RefusedStream = 0x7,
        Cancel = 0x8,
        EnhanceYourCalm = 0xb,
        InadequateSecurity = 0xc,
    }

    public static Status From(Exception fault, Uri address)
    {
        for (var error = fault; error is not null; error = error.InnerException)
        {
            switch (error)
            {
                case RpcException known:
                    return known.Status;
                case HttpProtocolException protocol:
                    return FromProtocol(protocol, fault, address);
                case AuthenticationException:
                    return new Status(
                        StatusCode.Unavailable, $"TLS with {address.Authority} failed: {Text(fault)}", fault);
                default:
                    break;
            }
        }

        return fault switch
        {
            // Whoever cancels a call ends it before HttpClient says so; what arrives here is ConnectTimeout or a lost connection.
            OperationCanceledException { InnerException: TimeoutException } =>
                new Status(StatusCode.Unavailable, $"{address.Authority} did not answer in time: {Text(fault)}", fault),
            OperationCanceledException =>
                new Status(StatusCode.Unavailable, $"The connection to {address.Authority} was lost: {Text(fault)}", fault),
            IOException or HttpRequestException when IsFailedHandshake(fault) => new Status(
                StatusCode.Unavailable,
                $"{address.Authority} does not speak HTTP/2, or closed the connection because it demands another client certificate: {Text(fault)}",
                fault),
            IOException or HttpRequestException when address.Scheme == Uri.UriSchemeHttps && IsClosedByPeer(fault) => new Status(
                StatusCode.Unavailable,
                $"{address.Authority} closed the connection, which may be its way to refuse the client certificate: {Text(fault)}",
                fault),
            IOException or HttpRequestException =>
                new Status(StatusCode.Unavailable, $"The connection to {address.Authority} failed: {Text(fault)}", fault),
            ObjectDisposedException => new Status(StatusCode.Cancelled, "The channel or the call was disposed.", fault),
            _ => new Status(StatusCode.Internal, $"The call failed on this side: {Text(fault)}", fault),
        };
    }

    /// <summary>A server that refuses the client certificate closes after the TLS handshake, which only the text tells.</summary>
    private static bool IsFailedHandshake(Exception fault) =>
        fault is HttpRequestException { HttpRequestError: HttpRequestError.VersionNegotiationError }
        || Text(fault).Contains("HTTP/2 handshake", StringComparison.Ordinal);

    /// <summary>In TLS 1.3 the refusal may overtake the first request, or come so late that only the next write meets it.</summary>
    private static bool IsClosedByPeer(Exception fault)
    {
        for (var error = fault; error is not null; error = error.InnerException)
        {
            if (error is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown })
            {
                return true;
            }
        }

        return false;
    }

    private static Status FromProtocol(HttpProtocolException error, Exception fault, Uri address)
    {
        // .NET says whether the stream or the connection ended in the text alone. A lost keepalive, too, ends the
        // connection with PROTOCOL_ERROR, so the code does not tell.
        if (!error.Message.Contains("reset the stream", StringComparison.Ordinal))
        {
            return new Status(StatusCode.Unavailable, $"The connection to {address.Authority} was lost: {Text(fault)}", fault);
        }

        var code = (Http2Error)error.ErrorCode switch
        {
            Http2Error.RefusedStream => StatusCode.Unavailable,
            Http2Error.Cancel => StatusCode.Cancelled,
            Http2Error.EnhanceYourCalm => StatusCode.ResourceExhausted,
            Http2Error.InadequateSecurity => StatusCode.PermissionDenied,
            _ => StatusCode.Internal,
        };
        return new Status(code, $"{address.Authority} ended the call: {Text(fault)}", fault);
    }

    /// <summary>The messages of the exception and its causes, without repetition and without those that only point to the next.</summary>
    private static string Text(Exception fault)
    {
        var texts = new List<string>();
        for (var error = fault; error is not null; error = error.InnerException)
        {
            bool isPointer = error.InnerException is not null && error.Message.EndsWith("see inner exception.", StringComparison.Ordinal);
            if (!isPointer && !texts.Exists(text => text.Contains(error.Message, StringComparison.Ordinal)))
            {
                texts.Add(error.Message);
            }
        }

        return string.Join(" ", texts);
    }
}
