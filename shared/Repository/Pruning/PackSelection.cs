using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Pruning;

/// <summary>Chooses, after marking, which packs go and which of them are copied first.</summary>
internal sealed class PackSelection
{
    private readonly List<PackDecision> _decisions = [];
    private readonly Dictionary<PackReason, PackTally> _reasons = [];

    private PackSelection()
    {
    }

    /// <summary>Packs without anything that lives, orphans included.</summary>
    public List<CondemnedPack> Free { get; } = [];

    /// <summary>Packs to be copied, in the order of the index.</summary>
    public List<PackLiveness> Repack { get; } = [];

    public IReadOnlyList<PackDecision> Decisions => _decisions;

    public IReadOnlyDictionary<PackReason, PackTally> Reasons => _reasons;

    /// <summary>Chooses none.</summary>
    public static PackSelection Nothing() => new();

    /// <summary>Decides. Packs with numbers from <paramref name="firstInUse"/> on belong to uploads that go on and stay.</summary>
    public static PackSelection Make(PackSurvey survey, IReadOnlySet<uint> scattered, uint firstInUse, PruneOptions options, int packTargetBytes)
    {
        PackSelection selection = new();
        foreach (CondemnedPack orphan in survey.Orphans)
        {
            selection.Free.Add(orphan);
            selection.Decide(Format.ObjectNames.Pack(orphan.Id), PackReason.Orphaned, orphan.Bytes, 0);
        }

        List<(PackLiveness Pack, PackReason Reason)> candidates = [];
        foreach (PackLiveness pack in survey.Packs.Where(p => p.Pack.Number < firstInUse))
        {
            if (pack.LiveBytes == 0)
            {
                selection.Free.Add(new CondemnedPack(pack.Pack.Header.Id, pack.Pack.PackBytes));
                selection.Decide(pack.Pack.ObjectName, PackReason.Unreferenced, pack.Pack.PackBytes, 0);
            }
            else if (pack.LiveBytes * 100 < options.RepackThresholdPercent * pack.PlainBytes)
            {
                candidates.Add((pack, PackReason.Sparse));
            }
            else if (options.RepackThresholdPercent > 0 && scattered.Contains(pack.Pack.Number))
            {
                candidates.Add((pack, PackReason.Scattered));
            }
        }

        if (!Gathers(candidates, packTargetBytes))
        {
            candidates.RemoveAll(c => c.Reason == PackReason.Scattered);
        }

        selection.TakeRepack(candidates, options.RepackBytesMax);
        return selection;
    }

    private static int LivePercent(PackLiveness pack) => (int)(pack.LiveBytes * 100 / Math.Max(1, pack.PlainBytes));

    // Packs that are full are as many after copying them, and every prune would copy them again: it must at least halve them.
    private static bool Gathers(List<(PackLiveness Pack, PackReason Reason)> candidates, int packTargetBytes)
    {
        PackLiveness[] scattered = [.. candidates.Where(c => c.Reason == PackReason.Scattered).Select(c => c.Pack)];
        return ((scattered.Sum(p => p.LiveBytes) / packTargetBytes) + 1) * 2 <= scattered.Length;
    }

    // What gives most space for its bytes comes first: the sparsest, then the scattered ones.
    private void TakeRepack(List<(PackLiveness Pack, PackReason Reason)> candidates, long bytesMax)
    {
        long bytes = 0;
        foreach ((PackLiveness pack, PackReason reason) in candidates.OrderBy(c => c.Reason).ThenBy(c => LivePercent(c.Pack)))
        {
            if (bytes + pack.LiveBytes <= bytesMax)
            {
                bytes += pack.LiveBytes;
                Repack.Add(pack);
                Decide(pack.Pack.ObjectName, reason, pack.Pack.PackBytes, LivePercent(pack));
            }
        }

        Repack.Sort((left, right) => left.Pack.Number.CompareTo(right.Pack.Number));
    }

    private void Decide(string name, PackReason reason, long bytes, int livePercent)
    {
        _reasons[reason] = _reasons.GetValueOrDefault(reason).Add(bytes);
        if (_decisions.Count < PruneReport.DecisionsListedMax)
        {
            _decisions.Add(new PackDecision(name, reason, bytes, livePercent));
        }
    }
}
