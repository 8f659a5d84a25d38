using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Simulation.Worlds;

/// <summary>One source: its files, as numbers of chunks, which change from run to run.</summary>
internal sealed class SourceModel
{
    private const int Directories = 3;

    private readonly SortedDictionary<string, int[]> _files = new(StringComparer.Ordinal);
    private readonly Random _random;
    private readonly int _chunks;
    private readonly int _filesMax;

    public SourceModel(int number, int seed, int chunks, int filesMax)
    {
        bool isVolume = number % 3 != 2;
        Key = new SourceKey($"node-{number}", isVolume ? SourceKind.Volume : SourceKind.ControlPlaneFiles, isVolume ? "data" : "files");
        Agent = new PeerIdentity(World.Cluster, isVolume ? Role.Worker : Role.ControlPlane, Key.Node);
        _random = new Random(seed + number);
        _chunks = chunks;
        _filesMax = filesMax;
    }

    public SourceKey Key { get; }

    public PeerIdentity Agent { get; }

    /// <summary>Changes some files and gives all of them as they are now.</summary>
    public IReadOnlyDictionary<string, int[]> Change()
    {
        int changes = _files.Count == 0 ? _filesMax : _random.Next(1 + _filesMax);
        for (int i = 0; i < changes; i++)
        {
            string path = $"d{_random.Next(Directories)}/f{_random.Next(_filesMax):d2}";
            if (_random.Next(5) == 0)
            {
                _files.Remove(path);
            }
            else
            {
                _files[path] = [.. Enumerable.Range(0, _random.Next(5)).Select(_ => _random.Next(_chunks))];
            }
        }

        return new SortedDictionary<string, int[]>(_files, StringComparer.Ordinal);
    }
}
