using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace K8sBackup.Simulation;

/// <summary>Everything that happened in a world, in order; two worlds of one seed have the same.</summary>
internal sealed class Trace : IDisposable
{
    private const int LinesKept = 400;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Queue<string> _last = new();
    private readonly TextWriter? _output;

    public Trace(TextWriter? output) => _output = output;

    public long Lines { get; private set; }

    /// <summary>The end of it, for who has to explain a failure.</summary>
    public IReadOnlyCollection<string> Last => _last;

    public void Add(long now, string who, string what)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{now / 10_000.0,14:F3} ms  {who,-8} {what}");
        Lines++;
        _hash.AppendData(Encoding.UTF8.GetBytes(line));
        _last.Enqueue(line);
        if (_last.Count > LinesKept)
        {
            _last.Dequeue();
        }

        _output?.WriteLine(line);
    }

    /// <summary>Digest of all lines so far.</summary>
    public string Digest() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();
}
