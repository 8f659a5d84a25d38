using System.Text;

namespace K8sBackup.Etcd.Booting;

/// <summary>The end of what a server printed, of bounded size whatever it prints. Thread-safe.</summary>
internal sealed class ServerLog
{
    private const int BytesMax = 32 << 10;
    private const int ReadBytes = 4 << 10;

    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[BytesMax];
    private long _written;

    /// <summary>The text; a line may be cut at its beginning.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                var start = (int)(_written % BytesMax);
                return _written <= BytesMax
                    ? Encoding.UTF8.GetString(_ring, 0, (int)_written)
                    : Encoding.UTF8.GetString([.. _ring[start..], .. _ring[..start]]);
            }
        }
    }

    /// <summary>Takes everything a stream gives until it ends.</summary>
    public async Task DrainAsync(Stream output)
    {
        var buffer = new byte[ReadBytes];
        int read;
        while ((read = await output.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            Append(buffer.AsSpan(0, read));
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (var each in bytes)
            {
                _ring[_written++ % BytesMax] = each;
            }
        }
    }
}
