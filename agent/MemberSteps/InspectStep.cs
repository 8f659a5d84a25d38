using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Says what the node has, for the plan. Changes nothing.</summary>
internal sealed class InspectStep : IMemberStep
{
    // What etcd allows its database when no flag says.
    private const long QuotaDefault = 2L << 30;

    private static readonly EtcdClientOptions Impatient = new() { CallTimeout = TimeSpan.FromSeconds(3) };

    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;
    private readonly TimeProvider _clock;

    public InspectStep(NodeJournals journals, Manifests manifests, MemberPlaces places, TimeProvider clock)
    {
        _journals = journals;
        _manifests = manifests;
        _places = places;
        _clock = clock;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        MemberPlace place = _places.Locate(run.RestoreId);
        NodeFacts facts = new()
        {
            MemberName = place.Setup.Name,
            PeerUrls = { place.Setup.PeerUrls },
            ClientUrls = { place.Pod.AdvertiseClientUrls },
            DataDir = place.NodeDataDirectory,
            WalDir = place.NodeWalDirectory ?? "",
            QuotaBytes = Quota(place),
            FreeBytes = Free(place.Target.DataDirectory),
            WalFreeBytes = place.Target.WalDirectory is { } wal ? Free(wal) : 0,
            DatabaseBytes = Length(Path.Combine(place.Target.MemberDirectory, "snap", "db")),
            HasMember = place.HasMember,
            EtcdRuns = IsHeld(place),
            Unfinished = { _journals.OthersUnfinished(run.RestoreId).Concat(DataDirSwap.FindUnfinished(place.Target.DataDirectory)).Distinct() },
        };
        facts.Manifests.AddRange(new[] { Manifests.Etcd, Manifests.ApiServer }.Concat(Manifests.Controllers).Select(_manifests.Find).OfType<string>());
        string running = await AskAsync(place, facts, cancellationToken);
        EtcdVersion? version = place.Setup.ImageVersion;
        facts.VersionSource = version is not null ? "image" : "running member";
        version ??= EtcdVersion.TryParse(running, out EtcdVersion parsed) ? parsed : null;
        (facts.EtcdVersion, facts.VersionSource) = version is { } known ? (known.ToString(), facts.VersionSource) : ("", "");
        return new RestoreStepReport { Facts = facts };
    }

    private static long Quota(MemberPlace place) =>
        long.TryParse(place.Pod.Flags.GetValueOrDefault("quota-backend-bytes"), out long quota) && quota > 0 ? quota : QuotaDefault;

    private static long Free(string directory)
    {
        string? existing = directory;
        while (existing is not null && !Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing);
        }

        return DataDirSpace.AvailableBytes(existing ?? "/");
    }

    private static long Length(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private static bool IsHeld(MemberPlace place)
    {
        using DataDirLock held = DataDirLock.TryAcquire(place.Target.MemberDirectory, place.Target.WalDirectory);
        return held.Use is DataDirUse.DatabaseHeld or DataDirUse.WalHeld;
    }

    /// <summary>Asks the member that runs, if one does, for its version and whom it knows.</summary>
    private async Task<string> AskAsync(MemberPlace place, NodeFacts facts, CancellationToken cancellationToken)
    {
        if (!facts.EtcdRuns)
        {
            return "";
        }

        try
        {
            using EtcdMemberClient client = EtcdMemberClient.Create(place.Setup.Endpoint, Impatient, _clock);
            string version = (await client.StatusAsync(cancellationToken)).Version;
            IReadOnlyList<EtcdMemberFact> members = await client.MemberListAsync(linearizable: false, cancellationToken);
            facts.RunningMembers.AddRange(members.Select(member => $"{member.Name}={string.Join(',', member.PeerUrls)}"));
            return version;
        }
        catch (Exception e) when (e is EtcdCallException or IOException or System.Security.Cryptography.CryptographicException)
        {
            // An etcd that does not answer is what a restore is for.
            return "";
        }
    }
}
