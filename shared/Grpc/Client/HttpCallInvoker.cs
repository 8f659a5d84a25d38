using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Starts calls over a channel's HTTP/2 connections.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, options, new UnaryRequestContent<TRequest>(channel, method.RequestMarshaller, request));
        return new AsyncUnaryCall<TResponse>(
            call.ReadSingleAsync(), Headers<TResponse>, Status<TResponse>, Trailers<TResponse>, Dispose<TResponse>, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, options, new UnaryRequestContent<TRequest>(channel, method.RequestMarshaller, request));
        return new AsyncServerStreamingCall<TResponse>(
            call, Headers<TResponse>, Status<TResponse>, Trailers<TResponse>, Dispose<TResponse>, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var content = new StreamRequestContent();
        var call = Start(method, options, content);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            Writer(method, options, call, content), call.ReadSingleAsync(),
            Headers<TResponse>, Status<TResponse>, Trailers<TResponse>, Dispose<TResponse>, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var content = new StreamRequestContent();
        var call = Start(method, options, content);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            Writer(method, options, call, content), call,
            Headers<TResponse>, Status<TResponse>, Trailers<TResponse>, Dispose<TResponse>, call);
    }

    private static Task<Metadata> Headers<TResponse>(object call)
        where TResponse : class =>
        ((HttpCall<TResponse>)call).ResponseHeaders;

    private static Status Status<TResponse>(object call)
        where TResponse : class =>
        ((HttpCall<TResponse>)call).GetStatus();

    private static Metadata Trailers<TResponse>(object call)
        where TResponse : class =>
        ((HttpCall<TResponse>)call).GetTrailers();

    private static void Dispose<TResponse>(object call)
        where TResponse : class =>
        ((HttpCall<TResponse>)call).Dispose();

    private HttpCall<TResponse> Start<TRequest, TResponse>(
        Method<TRequest, TResponse> method, CallOptions options, HttpContent content)
        where TResponse : class
    {
        var call = new HttpCall<TResponse>(channel, method, method.ResponseMarshaller, options);
        call.Start(content);
        return call;
    }

    private RequestStreamWriter<TRequest> Writer<TRequest, TResponse>(
        Method<TRequest, TResponse> method, CallOptions options, HttpCall<TResponse> call, StreamRequestContent content)
        where TResponse : class =>
        new(call.State, content, method.RequestMarshaller, channel.Options.MaxSendMessageSize) { WriteOptions = options.WriteOptions };
}
