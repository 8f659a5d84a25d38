using System.Net.WebSockets;
using K8sBackup.KubernetesApi.Exec;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>Commands in pods: connects, moves the streams both ways, and minds the time.</summary>
internal sealed class PodExec
{
    private readonly ApiTransport _transport;
    private readonly TimeProvider _clock;

    public PodExec(ApiTransport transport, TimeProvider clock)
    {
        _transport = transport;
        _clock = clock;
    }

    public async Task<int> RunAsync(PodCommand command, PodStreams streams, CancellationToken cancellationToken)
    {
        List<(string, string)> query =
        [
            ("container", command.Container),
            ("stdin", streams.Input is null ? "" : "true"),
            ("stdout", "true"),
            ("stderr", "true"),
            .. command.Command.Select(part => ("command", part)),
        ];
        string path = ApiPaths.Item(KubernetesTypes.Pods, command.Pod, "exec") + ApiPaths.Query([.. query]);
        // What is run may contain what nobody should read in a log; the program's name is enough.
        ApiRequest request = new(HttpMethod.Get, path, $"run {command.Command[0]} in {command.Pod}, container {command.Container}");
        using CancellationTokenSource timeout = new(command.Timeout, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using WebSocket socket = await _transport.ConnectAsync(request, ExecConnection.Protocol, either.Token);
            return await RunAsync(new ExecConnection(socket, request.What), streams, either);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw _transport.Unreachable(request, $"did not end within {command.Timeout.TotalSeconds:0} seconds", null);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // Of the connection's own making: nobody answered its pings.
            throw _transport.Unreachable(request, "the connection says nothing any more", e);
        }
        catch (WebSocketException e)
        {
            throw _transport.Unreachable(request, e.Message, e);
        }
    }

    private static async Task<int> RunAsync(ExecConnection connection, PodStreams streams, CancellationTokenSource end)
    {
        using CancellationTokenSource sendingEnd = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
        Task sending = streams.Input is null ? Task.CompletedTask : connection.SendAsync(streams.Input, sendingEnd.Token);
        Task<int> receiving = connection.ReceiveAsync(streams, end.Token);
        // Input that cannot be read must not look to the command like its end: the connection is broken off instead.
        if (await Task.WhenAny(sending, receiving) == sending && sending.IsFaulted)
        {
            await end.CancelAsync();
            await receiving.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await sending;
        }

        int code = await receiving;
        await sendingEnd.CancelAsync();
        await sending.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return code;
    }
}
