using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace K8sBackup.Etcd.Booting;

/// <summary>
/// The network a server under test lives in: a namespace with nothing but a loopback, where that is permitted, else the
/// node's own. A namespace belongs to one thread; processes started and sockets made on it are inside, whoever uses them later.
/// </summary>
internal sealed partial class BootNetwork : IDisposable
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const int ClientPort = 2379;
    private const int PeerPort = 2380;

    private readonly BlockingCollection<Task> _work = [];

    private BootNetwork()
    {
    }

    /// <summary>Null in a namespace of its own; else why there is none.</summary>
    public string? SharedBecause { get; private set; }

    /// <summary>Makes a namespace, or finds out that it may not.</summary>
    public static async Task<BootNetwork> CreateAsync()
    {
        var network = new BootNetwork();
        var entering = new Task<string?>(Enter, TaskCreationOptions.RunContinuationsAsynchronously);
        network._work.Add(entering);
        new Thread(network.Work) { IsBackground = true, Name = "boot test network" }.Start();
        network.SharedBecause = await entering.ConfigureAwait(false);
        return network;
    }

    /// <summary>A network of which no namespace was asked.</summary>
    public static BootNetwork Shared(string reason) => new() { SharedBecause = reason };

    /// <summary>Addresses nobody listens on.</summary>
    public BootPorts TakePorts()
    {
        if (SharedBecause is null)
        {
            return BootPorts.Of(ClientPort, PeerPort);
        }

        using var client = new TcpListener(IPAddress.Loopback, 0);
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        client.Start();
        peer.Start();
        return BootPorts.Of(((IPEndPoint)client.LocalEndpoint).Port, ((IPEndPoint)peer.LocalEndpoint).Port);
    }

    /// <summary>Does something inside.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        if (SharedBecause is not null)
        {
            return Task.FromResult(work());
        }

        var task = new Task<T>(work, TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(task);
        return task;
    }

    /// <summary>Connects from inside; for an HTTP handler.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = await RunAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }).ConfigureAwait(false);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _work.CompleteAdding();

    private void Work()
    {
        foreach (var task in _work.GetConsumingEnumerable())
        {
            task.RunSynchronously(TaskScheduler.Default);
        }

        _work.Dispose();
    }

    private static string? Enter()
    {
        if (NativeUnshare(NewNetwork) != 0)
        {
            return $"unshare: {Marshal.GetLastPInvokeErrorMessage()}";
        }

        // From here on this thread is in an empty network, of no use without its loopback.
        const nuint getFlags = 0x8913;
        const nuint setFlags = 0x8914;
        const int flagsOffset = 16;
        const short up = 1;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var request = new byte[40]; // struct ifreq: a name, and a union that begins with the flags
        "lo"u8.CopyTo(request);
        if (NativeIoctl(socket.SafeHandle, getFlags, request) != 0)
        {
            return $"the loopback of the new namespace: {Marshal.GetLastPInvokeErrorMessage()}";
        }

        var flags = request.AsSpan(flagsOffset);
        BinaryPrimitives.WriteInt16LittleEndian(flags, (short)(BinaryPrimitives.ReadInt16LittleEndian(flags) | up));
        return NativeIoctl(socket.SafeHandle, setFlags, request) == 0
            ? null
            : $"the loopback of the new namespace: {Marshal.GetLastPInvokeErrorMessage()}";
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int NativeUnshare(int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int NativeIoctl(SafeSocketHandle socket, nuint request, byte[] argument);
}
