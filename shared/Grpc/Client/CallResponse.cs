using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Reads status and metadata out of HTTP/2 headers and trailers.</summary>
internal static class CallResponse
{
    /// <summary>The application's fields. Throws RpcException (INTERNAL) when a binary one is damaged.</summary>
    public static Metadata Metadata(HttpHeadersNonValidated headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                try
                {
                    MetadataFields.AddField(metadata, name, value);
                }
                catch (Exception error) when (error is FormatException or ArgumentException)
                {
                    throw new RpcException(new Status(StatusCode.Internal, error.Message, error));
                }
            }
        }

        return metadata;
    }

    /// <summary>The status of a response that has no body to read: trailers-only, or not gRPC at all. Null otherwise.</summary>
    public static Status? EarlyStatus(HttpResponseMessage response)
    {
        if (FromFields(response.Headers.NonValidated) is { } status)
        {
            return status;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(
                FromHttp(response.StatusCode),
                $"The server's answer is not gRPC: HTTP status {(int)response.StatusCode} ({response.StatusCode}).");
        }

        var contentType = response.Content.Headers.NonValidated.TryGetValues("content-type", out var values)
            ? values.ToString()
            : null;
        return GrpcHeaders.IsGrpcContentType(contentType)
            ? null
            : new Status(StatusCode.Unknown, $"The server's answer is not gRPC: content type \"{contentType}\".");
    }

    /// <summary>The status in the fields, or null when there is none.</summary>
    public static Status? FromFields(HttpHeadersNonValidated fields)
    {
        if (!fields.TryGetValues(GrpcHeaders.Status, out var values))
        {
            return null;
        }

        var detail = fields.TryGetValues(GrpcHeaders.Message, out var messages)
            ? PercentEncoding.Decode(messages.ToString())
            : "";
        return int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new Status(Enum.IsDefined((StatusCode)code) ? (StatusCode)code : StatusCode.Unknown, detail)
            : new Status(StatusCode.Unknown, $"The server sent the status \"{values}\", which is no number. {detail}");
    }

    /// <summary>The mapping the gRPC specification gives for answers of proxies and web servers.</summary>
    private static StatusCode FromHttp(HttpStatusCode code) => code switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
