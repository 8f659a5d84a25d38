using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;
using Microsoft.AspNetCore.Http;

namespace K8sBackup.FakeKube.Serving;

/// <summary>Commands in containers, as the kubelet would run them.</summary>
internal sealed class ExecEndpoint
{
    private const int MessageBytesMax = 64 * 1024;

    private readonly ClusterStore _store;
    private readonly Func<ExecCall, CancellationToken, Task<int>>? _play;

    public ExecEndpoint(ClusterStore store, Func<ExecCall, CancellationToken, Task<int>>? play)
    {
        _store = store;
        _play = play;
    }

    public async Task HandleAsync(HttpContext context, ResourceRequest request)
    {
        JsonObject pod = _store.Find(request.Type, request.Namespace, request.Name) ?? throw ApiFaultException.NotFound(request.Type, request.Name);
        string container = Container(pod, context.Request.Query["container"].ToString());
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(ExecChannels.Protocol))
        {
            throw ApiFaultException.BadRequest("Upgrade request required");
        }

        if ((string?)pod["status"]?["phase"] != "Running" || _play is null)
        {
            throw new ApiFaultException(500, "InternalError", $"unable to upgrade connection: container not found (\"{container}\")");
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(ExecChannels.Protocol);
        using ExecChannels channels = new(socket);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        Pipe input = new(new PipeOptions(pauseWriterThreshold: 256 * 1024));
        // As the real one does it: an empty message on each of the streams it writes.
        foreach (byte channel in (byte[])[ExecChannels.Output, ExecChannels.Error, ExecChannels.Result])
        {
            await channels.SendAsync(channel, ReadOnlyMemory<byte>.Empty, end.Token);
        }

        Task reading = ReadAsync(socket, input.Writer, end);
        try
        {
            int code = await _play(
                new ExecCall
                {
                    Namespace = request.Namespace,
                    Pod = request.Name,
                    Container = container,
                    Command = [.. context.Request.Query["command"].Select(part => part ?? "")],
                    Input = context.Request.Query["stdin"] == "true" ? input.Reader.AsStream() : Stream.Null,
                    Output = new ChannelStream(channels, ExecChannels.Output),
                    Error = new ChannelStream(channels, ExecChannels.Error),
                },
                end.Token);
            await channels.SendAsync(ExecChannels.Result, Encoding.UTF8.GetBytes(Result(code).ToJsonString()), end.Token);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The caller went away; so does the command.
        }

        await end.CancelAsync();
        await reading;
    }

    private static string Container(JsonObject pod, string wanted)
    {
        string[] names = [.. pod["spec"]?["containers"]?.AsArray().Select(c => (string)c!["name"]!) ?? []];
        if (wanted.Length == 0 && names.Length == 1)
        {
            return names[0];
        }

        return names.Contains(wanted) ? wanted : throw ApiFaultException.BadRequest(wanted.Length == 0
            ? $"a container name must be specified for pod {pod.Name()}, choose one of: [{string.Join(' ', names)}]"
            : $"container {wanted} is not valid for pod {pod.Name()}");
    }

    private static JsonObject Result(int code) => code == 0
        ? new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Success" }
        : new JsonObject
        {
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = $"command terminated with non-zero exit code: exit status {code}",
            ["reason"] = "NonZeroExitCode",
            ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = $"{code}" }) },
        };

    private static async Task ReadAsync(WebSocket socket, PipeWriter input, CancellationTokenSource end)
    {
        byte[] buffer = new byte[MessageBytesMax];
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(buffer.AsMemory(length), end.Token);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                if (length > 1 && buffer[0] == ExecChannels.Input)
                {
                    await input.WriteAsync(buffer.AsMemory(1, length - 1), end.Token);
                }
                else if (length == 2 && buffer[0] == ExecChannels.Close && buffer[1] == ExecChannels.Input)
                {
                    await input.CompleteAsync();
                }
            }

            // A caller who leaves takes the command along.
            await end.CancelAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
        }

        await input.CompleteAsync();
    }
}
