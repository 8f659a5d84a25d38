using System.Net;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Makes the HTTP/2 request of a call.</summary>
internal static class CallRequest
{
    private const string UserAgent = "grpc-dotnet-k8sbackup/" + VersionInfo.CurrentVersion;

    public static async ValueTask<HttpRequestMessage> CreateAsync(
        GrpcChannel channel,
        IMethod method,
        CallOptions options,
        CallDeadline? deadline,
        HttpContent content,
        CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(channel.Address, method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", UserAgent);
        request.Headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.Identity);
        if (deadline is not null)
        {
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, TimeoutHeader.Encode(deadline.Remaining));
        }

        Add(request, options.Headers);
        await AddCredentialsAsync(channel.CallCredentials, request, channel, method, cancellationToken).ConfigureAwait(false);
        if (channel.Address.Scheme == Uri.UriSchemeHttps || channel.Options.UnsafeUseInsecureChannelCallCredentials)
        {
            await AddCredentialsAsync(options.Credentials, request, channel, method, cancellationToken).ConfigureAwait(false);
        }

        return request;
    }

    private static async ValueTask AddCredentialsAsync(
        CallCredentials? credentials,
        HttpRequestMessage request,
        GrpcChannel channel,
        IMethod method,
        CancellationToken cancellationToken)
    {
        if (credentials is null)
        {
            return;
        }

        var serviceUrl = $"{channel.Address.Scheme}://{channel.Address.Authority}/{method.ServiceName}";
        var metadata = new Metadata();
        foreach (var interceptor in credentials.Interceptors)
        {
            var context = new AuthInterceptorContext(serviceUrl, method.Name, cancellationToken);
            await interceptor(context, metadata).ConfigureAwait(false);
        }

        Add(request, metadata);
    }

    private static void Add(HttpRequestMessage request, Metadata? metadata)
    {
        foreach (var entry in metadata ?? Metadata.Empty)
        {
            if (GrpcHeaders.IsReserved(entry.Key)
                || !request.Headers.TryAddWithoutValidation(entry.Key, MetadataFields.ToField(entry)))
            {
                throw new RpcException(new Status(
                    StatusCode.Internal, $"The metadata key {entry.Key} belongs to the protocol and cannot be sent."));
            }
        }
    }
}
