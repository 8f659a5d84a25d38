using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves the calls of one method; the four kinds derive from it.</summary>
internal abstract class MethodHandler(MethodSettings settings)
{
    /// <summary>The settings of the method's service.</summary>
    protected MethodSettings Settings => settings;

    /// <summary>Serves one call: checks the request, runs the handler, sends the status.</summary>
    public async Task HandleAsync(HttpContext httpContext)
    {
        if (!IsGrpcRequest(httpContext))
        {
            return;
        }

        LiftLimits(httpContext);
        var context = new HttpServerCallContext(httpContext, settings);
        try
        {
            var (status, trailers) = await RunAsync(context).ConfigureAwait(false);
            await EndAsync(context, status, trailers).ConfigureAwait(false);
        }
        finally
        {
            await context.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads the requests, runs interceptors and handler, writes the responses.</summary>
    protected abstract Task InvokeAsync(HttpServerCallContext context);

    /// <summary>Reads the request of a call that has just one.</summary>
    protected static async Task<TRequest> ReadSingleAsync<TRequest>(HttpServerCallContext context, Marshaller<TRequest> marshaller)
        where TRequest : class
    {
        var request = await context.Reader.ReadAsync(marshaller, context.CancellationToken).ConfigureAwait(false)
            ?? throw new RpcException(new Status(StatusCode.Internal, "The client sent no request message."));
        return await context.Reader.ReadAsync(marshaller, context.CancellationToken).ConfigureAwait(false) is null
            ? request
            : throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."));
    }

    /// <summary>Writes the response of a call that has just one, unless the handler set an error status.</summary>
    protected static Task WriteSingleAsync<TResponse>(
        HttpServerCallContext context, Marshaller<TResponse> marshaller, TResponse? response)
        where TResponse : class
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        return context.Status.StatusCode == StatusCode.OK
            ? context.Output.WriteAsync(marshaller, response, flush: false, context.CancellationToken)
            : Task.CompletedTask;
    }

    private static bool IsGrpcRequest(HttpContext httpContext)
    {
        if (!HttpProtocol.IsHttp2(httpContext.Request.Protocol))
        {
            httpContext.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            httpContext.Response.Headers.Upgrade = "HTTP/2";
            return false;
        }

        if (!GrpcHeaders.IsGrpcContentType(httpContext.Request.ContentType))
        {
            httpContext.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return false;
        }

        return true;
    }

    /// <summary>
    /// Kestrel counts a whole request stream against its 30 MB body limit and ends streams that are idle for seconds; here
    /// the limit is per message, and streams may idle for hours.
    /// </summary>
    private static void LiftLimits(HttpContext httpContext)
    {
        if (httpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
        {
            bodySize.MaxRequestBodySize = null;
        }

        if (httpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } dataRate)
        {
            dataRate.MinDataRate = null;
        }
    }

    private async Task<(Status Status, Metadata Trailers)> RunAsync(HttpServerCallContext context)
    {
        try
        {
            var encoding = context.HttpContext.Request.Headers[GrpcHeaders.Encoding].ToString();
            if (encoding is not ("" or GrpcHeaders.Identity))
            {
                throw new RpcException(new Status(
                    StatusCode.Unimplemented, $"The message encoding \"{encoding}\" is not supported; use identity."));
            }

            await InvokeAsync(context).ConfigureAwait(false);
            return (context.Status, context.ResponseTrailers);
        }
#pragma warning disable CA1031 // The boundary of the call: every exception becomes its status.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return (StatusOf(error, context), Trailers(error, context));
        }
    }

    private static Metadata Trailers(Exception error, ServerCallContext context)
    {
        if (error is RpcException known)
        {
            foreach (var entry in known.Trailers)
            {
                context.ResponseTrailers.Add(entry);
            }
        }

        return context.ResponseTrailers;
    }

    private Status StatusOf(Exception error, HttpServerCallContext context)
    {
        if (context.IsDeadlineExceeded)
        {
            settings.Log.DeadlineExceeded(context.Method, context.Peer);
            return new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
        }

        if (context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            settings.Log.CallCancelled(context.Method, context.Peer);
            return new Status(StatusCode.Cancelled, "The call was cancelled.");
        }

        if (error is RpcException known)
        {
            settings.Log.CallFailed(context.Method, context.Peer, known.StatusCode, known.Status.Detail);
            return known.Status;
        }

        settings.Log.HandlerThrew(context.Method, context.Peer, error);
        return new Status(
            StatusCode.Unknown,
            settings.DetailedErrors
                ? $"Exception was thrown by handler. {error.GetType().Name}: {error.Message}"
                : "Exception was thrown by handler.",
            error);
    }

    private async Task EndAsync(HttpServerCallContext context, Status status, Metadata trailers)
    {
        try
        {
            await context.Output.EndAsync(status, trailers).ConfigureAwait(false);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException)
        {
            // A bad trailer, or a connection that is gone: the client sees a stream without a status, which is an error there.
            settings.Log.EndNotSent(context.Method, context.Peer, error);
            context.HttpContext.Abort();
        }
    }
}
