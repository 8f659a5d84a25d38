using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Grpc.Tests.Interop.Protocol;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>The test service on this runtime; <c>echo_server.py</c> does the same on grpcio.</summary>
internal sealed class EchoService(EchoWitness witness) : Echo.EchoBase
{
    public override async Task<EchoReply> Unary(EchoRequest request, ServerCallContext context)
    {
        await ReturnMetadataAsync(context);
        await BehaveAsync(request, context);
        return new EchoReply { Text = request.Text, Data = request.Data, Bytes = request.Data.Length };
    }

    public override async Task<EchoReply> Upload(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        var reply = new EchoReply();
        try
        {
            await foreach (var request in requestStream.ReadAllAsync())
            {
                reply.Count++;
                reply.Bytes += request.Data.Length;
                await BehaveAsync(request, context);
            }
        }
        catch (OperationCanceledException)
        {
            witness.Saw("upload cancelled");
            throw;
        }

        return reply;
    }

    public override async Task Download(
        EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        await ReturnMetadataAsync(context);
        var reply = new EchoReply { Data = ByteString.CopyFrom(new byte[request.Size]) };
        for (var i = 0; request.Count < 0 || i < request.Count; i++)
        {
            reply.Count = i;
            try
            {
                await responseStream.WriteAsync(reply);
            }
            catch (OperationCanceledException)
            {
                witness.Saw("download cancelled");
                throw;
            }
        }

        await BehaveAsync(request, context);
    }

    public override async Task Chat(
        IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue("speak-first") is { } greeting)
        {
            await responseStream.WriteAsync(new EchoReply { Text = greeting });
        }

        await foreach (var request in requestStream.ReadAllAsync())
        {
            await BehaveAsync(request, context);
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Data = request.Data });
        }
    }

    /// <summary>Sends back every request header beginning with <c>x-</c>: as response header, and as trailer with <c>t</c> before.</summary>
    private static async Task ReturnMetadataAsync(ServerCallContext context)
    {
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            headers.Add(entry);
            context.ResponseTrailers.Add(
                entry.IsBinary ? new Metadata.Entry("t" + entry.Key, entry.ValueBytes) : new Metadata.Entry("t" + entry.Key, entry.Value));
        }

        if (headers.Count > 0)
        {
            await context.WriteResponseHeadersAsync(headers);
        }
    }

    private async Task BehaveAsync(EchoRequest request, ServerCallContext context)
    {
        switch (request.Behaviour)
        {
            case "fail":
                throw new RpcException(new Status((StatusCode)request.Code, request.Text));
            case "fail with trailers":
                throw new RpcException(
                    new Status((StatusCode)request.Code, request.Text), [new Metadata.Entry("why-bin", [0, 255, 7])]);
            case "status":
                context.Status = new Status((StatusCode)request.Code, request.Text);
                break;
            case "throw":
                throw new FormatException("an internal detail");
            case "hang":
                witness.Saw("hanging");
                await witness.Released.WaitAsync(CancellationToken.None);
                break;
            case "wait":
                witness.Saw("waiting");
                await WaitForCancellationAsync(context);
                break;
            case "deadline":
                request.Text = (context.Deadline - TimeProvider.System.GetUtcNow().UtcDateTime)
                    .TotalSeconds.ToString(CultureInfo.InvariantCulture);
                break;
            case "who":
                request.Text = $"{context.Peer.Split(':')[0]} {context.AuthContext.PeerIdentityPropertyName} " +
                    string.Join(',', context.AuthContext.PeerIdentity.Select(identity => identity.Value));
                break;
            default:
                break;
        }
    }

    private async Task WaitForCancellationAsync(ServerCallContext context)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.CancellationToken.Register(cancelled.SetResult);
        await cancelled.Task;
        witness.Saw("wait cancelled");
        context.CancellationToken.ThrowIfCancellationRequested();
    }
}
