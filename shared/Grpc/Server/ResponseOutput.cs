using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// The response of a call: headers, messages, end. The handler writes one thing at a time; the deadline may end the
/// response at any moment, so every step holds the gate, and the first end closes the output for good.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle is never used has nothing to dispose.")]
internal sealed class ResponseOutput
{
    /// <summary>How long the deadline waits for a write that the client does not take before it resets the stream.</summary>
    private static readonly TimeSpan _writeWait = TimeSpan.FromMilliseconds(250);

    private const int Http2NoError = 0;
    private const int Http2InternalError = 2;
    private const int Http2Cancel = 8;

    private readonly HttpContext _httpContext;
    private readonly Func<bool> _requestIsReceived;
    private readonly ResponseFrame _frame;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private int _closed;
    private bool _started;

    /// <summary><paramref name="requestIsReceived"/> tells whether the client may still be sending.</summary>
    public ResponseOutput(HttpContext httpContext, int? sendBytesMax, Func<bool> requestIsReceived)
    {
        _httpContext = httpContext;
        _requestIsReceived = requestIsReceived;
        _frame = new ResponseFrame(httpContext.Response.BodyWriter, sendBytesMax);
        httpContext.Response.ContentType = GrpcHeaders.ContentType;
        httpContext.Response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Identity;
    }

    /// <summary>Sends the response headers. Throws InvalidOperationException when the response has started.</summary>
    public async Task WriteHeadersAsync(Metadata headers, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            ThrowIfClosed(cancellationToken);
            if (_started)
            {
                throw new InvalidOperationException("Response headers can only be sent once, and before the first message.");
            }

            Append(_httpContext.Response.Headers, headers);
            _started = true;
            await _httpContext.Response.BodyWriter.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Writes a message. Throws RpcException over the limit, OperationCanceledException when the client is gone or the
    /// deadline passed, InvalidOperationException after the end.
    /// </summary>
    public async Task WriteAsync<T>(Marshaller<T> marshaller, T message, bool flush, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            ThrowIfClosed(cancellationToken);
            Serialize(marshaller, message);
            _started = true;
            if (flush)
            {
                await _httpContext.Response.BodyWriter.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            _gate.Release();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Ends the response with a status; does nothing when it has ended.</summary>
    public async Task EndAsync(Status status, Metadata trailers)
    {
        if (Interlocked.Exchange(ref _closed, 1) == 1)
        {
            return;
        }

        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            WriteEnd(status, trailers);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends the response now, although the handler still runs; does nothing when it has ended.</summary>
    public async Task EndAtOnceAsync(Status status)
    {
        if (Interlocked.Exchange(ref _closed, 1) == 1)
        {
            return;
        }

        var reset = _httpContext.Features.Get<IHttpResetFeature>();
        if (!await _gate.WaitAsync(_writeWait, CancellationToken.None).ConfigureAwait(false))
        {
            reset?.Reset(Http2Cancel);
            return;
        }

        try
        {
            WriteEnd(status, []);
            await _httpContext.Response.CompleteAsync().ConfigureAwait(false);

            // What the client still sends goes nowhere; without the reset it would go on until flow control stops it. Where nothing
            // comes any more there is none, because a reset can overtake the end that still waits to be written.
            if (!_requestIsReceived())
            {
                reset?.Reset(Http2NoError);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private static void Append(IHeaderDictionary fields, Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            if (GrpcHeaders.IsReserved(entry.Key))
            {
                throw new InvalidOperationException($"The metadata key {entry.Key} belongs to the protocol and cannot be sent.");
            }

            fields.Append(entry.Key, MetadataFields.ToField(entry));
        }
    }

    private void ThrowIfClosed(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Volatile.Read(ref _closed) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }
    }

    private void Serialize<T>(Marshaller<T> marshaller, T message)
    {
        try
        {
            _frame.Serialize(marshaller, message);
        }
        catch (Exception) when (_frame.IsPartlyWritten)
        {
            // Half a frame cannot be taken back, and nothing sensible can follow it.
            Interlocked.Exchange(ref _closed, 1);
            _httpContext.Features.Get<IHttpResetFeature>()?.Reset(Http2InternalError);
            throw;
        }
    }

    /// <summary>Before anything was written the status goes into the headers (trailers-only), else into trailers.</summary>
    private void WriteEnd(Status status, Metadata trailers)
    {
        var response = _httpContext.Response;
        var fields = _started || response.HasStarted
            ? _httpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
                ?? throw new InvalidOperationException("The response does not support trailers; gRPC needs HTTP/2.")
            : response.Headers;
        Append(fields, trailers);
        fields[GrpcHeaders.Status] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            fields[GrpcHeaders.Message] = PercentEncoding.Encode(status.Detail);
        }
    }
}
