using System.Net;

namespace K8sBackup.ObjectStore.Throttling;

/// <summary>An HTTP body that is sent or received at a rate; headers and length are those of the body inside.</summary>
internal sealed class PacedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly ByteRate _rate;

    public PacedContent(HttpContent inner, ByteRate rate)
    {
        _inner = inner;
        _rate = rate;
        foreach (KeyValuePair<string, IEnumerable<string>> header in inner.Headers)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _inner.CopyToAsync(new PacedStream(stream, _rate), context, cancellationToken);

    protected override async Task<Stream> CreateContentReadStreamAsync() => new PacedStream(await _inner.ReadAsStreamAsync(), _rate);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new PacedStream(await _inner.ReadAsStreamAsync(cancellationToken), _rate);

    protected override bool TryComputeLength(out long length)
    {
        length = _inner.Headers.ContentLength ?? 0;
        return _inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
