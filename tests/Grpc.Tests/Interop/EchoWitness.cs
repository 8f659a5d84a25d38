using System.Threading.Channels;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>What a server saw happen, for tests that must know it from that side.</summary>
internal sealed class EchoWitness : IDisposable
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();

    /// <summary>Lets a handler that hangs go on.</summary>
    public SemaphoreSlim Released { get; } = new(0);

    public void Saw(string what) => _events.Writer.TryWrite(what);

    /// <summary>Waits until the server saw this; everything seen before is forgotten.</summary>
    public async Task WaitForAsync(string what)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await _events.Reader.ReadAsync(timeout.Token) != what)
        {
        }
    }

    public void Dispose() => Released.Dispose();
}
