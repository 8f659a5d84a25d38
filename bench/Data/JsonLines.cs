using System.Globalization;
using System.Text;

namespace K8sBackup.Bench.Data;

/// <summary>Text like the log of a service: records of JSON whose names and words repeat and whose numbers and ids do not.</summary>
internal sealed class JsonLines
{
    private static readonly string[] Levels = ["debug", "info", "info", "info", "warning", "error"];

    private static readonly string[] Words =
    [
        "accepted", "after", "already", "because", "cannot", "certificate", "closed", "connection", "container", "controller",
        "deadline", "deleted", "endpoint", "exceeded", "expired", "failed", "from", "healthy", "image", "lease",
        "listener", "mounted", "namespace", "not", "observed", "of", "pending", "permission", "pod", "probe",
        "quota", "reconciled", "refused", "request", "resource", "restarted", "retrying", "scheduled", "secret", "service",
        "started", "status", "stopped", "sync", "timeout", "to", "token", "updated", "version", "volume", "waiting", "with",
    ];

    private readonly Random _random;
    private long _milliseconds = 1_700_000_000_000;

    public JsonLines(Random random) => _random = random;

    /// <summary>Exactly so many bytes; the last record is cut off.</summary>
    public void Write(Stream stream, long bytes)
    {
        StringBuilder line = new(512);
        Span<byte> encoded = stackalloc byte[1024];
        while (bytes > 0)
        {
            line.Clear();
            AppendRecord(line);
            int length = 0;
            foreach (ReadOnlyMemory<char> part in line.GetChunks())
            {
                length += Encoding.ASCII.GetBytes(part.Span, encoded[length..]);
            }

            length = (int)Math.Min(length, bytes);
            stream.Write(encoded[..length]);
            bytes -= length;
        }
    }

    private void AppendRecord(StringBuilder line)
    {
        _milliseconds += _random.Next(1, 400);
        line.Append(CultureInfo.InvariantCulture, $"{{\"time\":{_milliseconds},\"level\":\"{Levels[_random.Next(Levels.Length)]}\",\"namespace\":\"team-{_random.Next(40)}\",");
        line.Append(CultureInfo.InvariantCulture, $"\"pod\":\"service-{_random.Next(200)}-{_random.Next(0x10000):x4}\",\"trace\":\"{_random.NextInt64():x16}\",\"took\":{_random.Next(20_000)},\"message\":\"");
        for (int words = _random.Next(4, 18); words > 0; words--)
        {
            line.Append(Words[_random.Next(Words.Length)]).Append(words > 1 ? ' ' : '"');
        }

        line.Append("}\n");
    }
}
