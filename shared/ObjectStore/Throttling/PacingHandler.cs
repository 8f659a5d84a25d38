namespace K8sBackup.ObjectStore.Throttling;

/// <summary>Throttles HTTP where the bytes move, so that a large object does not go out in one burst.</summary>
internal sealed class PacingHandler : DelegatingHandler
{
    private readonly StoreThrottle _throttle;

    public PacingHandler(StoreThrottle throttle) => _throttle = throttle;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_throttle.Upload is { } upload && request.Content is { } sent)
        {
            request.Content = new PacedContent(sent, upload);
        }

        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (_throttle.Download is { } download)
        {
            response.Content = new PacedContent(response.Content, download);
        }

        return response;
    }
}
