using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Exec;

/// <summary>
/// The streams of a command over one WebSocket: messages whose first byte names the stream (v5.channel.k8s.io). Output goes on as it
/// comes, in parts of a message; one message is in memory at most.
/// </summary>
internal sealed class ExecConnection
{
    public const string Protocol = "v5.channel.k8s.io";

    private const byte InputChannel = 0;
    private const byte OutputChannel = 1;
    private const byte ErrorChannel = 2;
    private const byte ResultChannel = 3;
    private const byte CloseChannel = 255;
    private const int PartBytes = 32 * 1024;
    private const int ResultBytesMax = 64 * 1024;

    private readonly WebSocket _socket;
    private readonly string _what;

    public ExecConnection(WebSocket socket, string what)
    {
        _socket = socket;
        _what = what;
    }

    /// <summary>Sends the input to its end and closes the command's standard input.</summary>
    public async Task SendAsync(Stream input, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PartBytes);
        try
        {
            buffer[0] = InputChannel;
            int read;
            while ((read = await input.ReadAsync(buffer.AsMemory(1, PartBytes - 1), cancellationToken)) > 0)
            {
                await _socket.SendAsync(buffer.AsMemory(0, read + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }

            await _socket.SendAsync(new byte[] { CloseChannel, InputChannel }, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException && _socket.State != WebSocketState.Open)
        {
            // The command ended without reading all of it; how it ended is for the result to say.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Passes output on until the result comes, and gives the exit code.</summary>
    public async Task<int> ReceiveAsync(PodStreams streams, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PartBytes);
        ArrayBufferWriter<byte> result = new();
        try
        {
            while (true)
            {
                int channel = -1;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                    ReadOnlyMemory<byte> data = buffer.AsMemory(0, part.Count);
                    if (channel < 0 && part.Count > 0)
                    {
                        channel = data.Span[0];
                        data = data[1..];
                    }

                    await PassOnAsync(channel, data, streams, result, cancellationToken);
                }
                while (!part.EndOfMessage);
                if (channel == ResultChannel && result.WrittenCount > 0)
                {
                    return ExitCode(result.WrittenSpan);
                }

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    throw Fault(KubernetesFailure.Unreachable, "the connection ended before the command said how it ended", null);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task PassOnAsync(
        int channel, ReadOnlyMemory<byte> data, PodStreams streams, ArrayBufferWriter<byte> result, CancellationToken cancellationToken)
    {
        switch (channel)
        {
            case OutputChannel when data.Length > 0:
                await streams.Output.WriteAsync(data, cancellationToken);
                break;
            case ErrorChannel when data.Length > 0:
                await streams.Error.WriteAsync(data, cancellationToken);
                break;
            case ResultChannel:
                if (result.WrittenCount + data.Length > ResultBytesMax)
                {
                    throw Fault(KubernetesFailure.TooLarge, "the result is larger than results are", null);
                }

                result.Write(data.Span);
                break;
            default:
                // Closed streams, and whatever later versions add.
                break;
        }
    }

    private int ExitCode(ReadOnlySpan<byte> result)
    {
        ApiStatus status;
        try
        {
            status = JsonSerializer.Deserialize(result, KubernetesTypes.Status) ?? new ApiStatus();
        }
        catch (JsonException e)
        {
            throw Fault(KubernetesFailure.Malformed, "the result cannot be read", e);
        }

        if (status.Outcome == "Success")
        {
            return 0;
        }

        string? code = status.Details?.Causes.FirstOrDefault(cause => cause.Reason == "ExitCode")?.Message;
        return status.Reason == "NonZeroExitCode" && int.TryParse(code, System.Globalization.CultureInfo.InvariantCulture, out int number)
            ? number
            : throw FailureReading.Of(_what, status with { Code = status.Code ?? 500 }, null);
    }

    private KubernetesException Fault(KubernetesFailure failure, string why, Exception? inner) => new(failure, $"Kubernetes API, {_what}: {why}.", inner);
}
