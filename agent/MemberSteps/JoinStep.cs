using System.Net;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// Joins this node to the restored cluster again, with nothing of its former data: (1) keep that data aside, (2) add the
/// member without a vote, so that the cluster never waits for it, (3) start etcd with the members there are now, (4) give it
/// its vote when it has caught up, and wait until it serves, (5) give the API server back and restart controllers.
/// </summary>
internal sealed class JoinStep : IMemberStep
{
    private const string ChangedManifest = "etcd-joining.yaml";

    private static readonly EtcdClientOptions Patient = new() { CallTimeout = TimeSpan.FromSeconds(5) };

    private readonly StepGround _ground;
    private readonly NodeJournals _journals;
    private readonly Manifests _manifests;
    private readonly MemberPlaces _places;
    private readonly ControllerBounce _bounce;
    private readonly StepWait _wait;
    private readonly StepGate _gate;
    private readonly TimeProvider _clock;

    public JoinStep(
        StepGround ground, NodeJournals journals, Manifests manifests, MemberPlaces places, ControllerBounce bounce, StepWait wait, StepGate gate, TimeProvider clock)
    {
        _ground = ground;
        _journals = journals;
        _manifests = manifests;
        _places = places;
        _bounce = bounce;
        _wait = wait;
        _gate = gate;
        _clock = clock;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        NodeJournal journal = _ground.Begin(run.RestoreId);
        MemberPlace place = _places.Locate(run.RestoreId);
        StepGround.Require(_manifests.IsHeld(run.RestoreId, Manifests.Etcd), FailureCause.InvalidRequest, "The step is refused: etcd is to be stopped first.");
        StepGround.Require(run.Task.Target.Members.All(member => member.Name != place.Setup.Name), FailureCause.InvalidRequest, "The step is refused: this node has a restored member.");
        run.Meter.Begin("joining");
        // (1)
        journal = SetAside(journal, place);
        // (2)
        string last = "no member of the restored cluster answers";
        ulong id = 0;
        bool added = await _wait.UntilAsync(
            async () =>
            {
                (id, last) = await AskAsync(run, place, client => AddAsync(client, place, cancellationToken), 0UL);
                return id != 0;
            },
            run.Patience,
            cancellationToken);
        StepGround.Require(added, FailureCause.EtcdUnavailable, $"This node cannot be added to the restored cluster: {last}");
        // (3)
        journal = await StartAsync(run, journal, place, cancellationToken);
        // (4)
        bool votes = await _wait.UntilAsync(
            async () =>
            {
                (bool done, last) = await AskAsync(run, place, client => PromoteAsync(client, id, cancellationToken), false);
                return done && await ServesAsync(place, cancellationToken);
            },
            run.Patience,
            cancellationToken);
        StepGround.Require(votes, FailureCause.EtcdUnavailable, $"The joined member does not catch up within {run.Patience.TotalSeconds:0} s: {last}");
        // (5)
        return await FinishAsync(run, journal, place, cancellationToken);
    }

    private NodeJournal SetAside(NodeJournal journal, MemberPlace place)
    {
        if (journal.SetAside && !Directory.Exists(place.Target.MemberDirectory))
        {
            return journal;
        }

        if (!journal.EtcdStarted)
        {
            journal = journal with { SetAside = true };
            _journals.Write(journal);
            _gate.Pass("set aside");
            if (Directory.Exists(place.Target.MemberDirectory))
            {
                DurableFiles.Move(place.Target.MemberDirectory, place.Target.OldMemberDirectory);
            }

            if (place.Target.WalDirectory is { } wal && Directory.Exists(wal))
            {
                string old = Path.Combine(wal, Path.GetFileName(place.Target.OldMemberDirectory));
                DurableFiles.CreateDirectory(old);
                foreach (string file in Directory.GetFiles(wal))
                {
                    DurableFiles.Move(file, Path.Combine(old, Path.GetFileName(file)));
                }
            }
        }

        return journal;
    }

    private async Task<NodeJournal> StartAsync(StepRun run, NodeJournal journal, MemberPlace place, CancellationToken cancellationToken)
    {
        if (_manifests.IsInPlace(Manifests.Etcd))
        {
            return journal;
        }

        (string initial, string last) = await AskAsync(run, place, client => InitialClusterAsync(client, place, cancellationToken), "");
        StepGround.Require(initial.Length > 0, FailureCause.EtcdUnavailable, $"The members of the restored cluster are not known: {last}");
        string folder = _journals.FolderOf(run.RestoreId);
        DurableFiles.Write(Path.Combine(folder, ChangedManifest), JoinManifest.Change(await File.ReadAllTextAsync(Path.Combine(folder, Manifests.Etcd), cancellationToken), initial));
        journal = journal with { EtcdStarted = true };
        _journals.Write(journal);
        _manifests.PutInPlaceFrom(run.RestoreId, ChangedManifest, Manifests.Etcd);
        return journal;
    }

    private async Task<RestoreStepReport> FinishAsync(StepRun run, NodeJournal journal, MemberPlace place, CancellationToken cancellationToken)
    {
        RestoreStepReport report = new() { Notes = { $"{place.Setup.Name} joined the restored cluster with empty data; its etcd manifest names the members of now, and the former one is in {NodeJournals.NodeFolder(run.RestoreId)}." } };
        journal = journal with { ApiServerStarted = true };
        _journals.Write(journal);
        _manifests.PutInPlace(journal, Manifests.ApiServer);
        if (_manifests.IsInPlace(Manifests.ApiServer))
        {
            DnsEndPoint port = PodPorts.Of(Manifests.ApiServer, _manifests.Flags(run.RestoreId, Manifests.ApiServer));
            bool ready = await _wait.UntilAsync(() => ApiServerReadiness.IsReadyAsync(port, cancellationToken), run.Patience, cancellationToken);
            StepGround.Require(ready, FailureCause.TimedOut, $"The API server is not ready {run.Patience.TotalSeconds:0} s after its manifest was put back; look at its log.");
        }

        await _bounce.RunAsync(run, journal, report, cancellationToken);
        return report;
    }

    /// <summary>Asks the restored members in turn; the first that answers counts.</summary>
    private async Task<(T Answer, string Last)> AskAsync<T>(StepRun run, MemberPlace place, Func<EtcdMemberClient, Task<T>> ask, T otherwise)
    {
        string last = "none has an address";
        foreach (string url in run.Task.Target.Members.SelectMany(member => member.ClientUrls))
        {
            try
            {
                // Certificates are those of this node's own etcd: all members of a cluster trust one authority.
                EtcdEndpoint endpoint = place.Setup.Endpoint with { Address = new Uri(url) };
                using EtcdMemberClient client = EtcdMemberClient.Create(endpoint, Patient, _clock);
                return (await ask(client), "");
            }
            catch (Exception e) when (e is EtcdCallException or IOException or UriFormatException or System.Security.Cryptography.CryptographicException)
            {
                last = e.Message;
            }
        }

        return (otherwise, last);
    }

    private async Task<ulong> AddAsync(EtcdMemberClient client, MemberPlace place, CancellationToken cancellationToken)
    {
        IReadOnlyList<EtcdMemberFact> members = await client.MemberListAsync(linearizable: false, cancellationToken);
        if (Own(members, place) is { } known)
        {
            return known.Id;
        }

        _gate.Pass("member add");
        return await client.AddLearnerAsync(place.Setup.PeerUrls, cancellationToken);
    }

    private static async Task<bool> PromoteAsync(EtcdMemberClient client, ulong id, CancellationToken cancellationToken)
    {
        IReadOnlyList<EtcdMemberFact> members = await client.MemberListAsync(linearizable: false, cancellationToken);
        if (members.FirstOrDefault(member => member.Id == id) is { IsLearner: true })
        {
            await client.PromoteAsync(id, cancellationToken);
        }

        return true;
    }

    // Its own word, with a read that needs the leader: the vote alone says nothing about this node.
    private async Task<bool> ServesAsync(MemberPlace place, CancellationToken cancellationToken)
    {
        try
        {
            using EtcdMemberClient own = EtcdMemberClient.Create(place.Setup.Endpoint, Patient, _clock);
            await own.CountKeysAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is EtcdCallException or IOException or System.Security.Cryptography.CryptographicException)
        {
            return false;
        }
    }

    private static async Task<string> InitialClusterAsync(EtcdMemberClient client, MemberPlace place, CancellationToken cancellationToken)
    {
        IReadOnlyList<EtcdMemberFact> members = await client.MemberListAsync(linearizable: false, cancellationToken);
        ulong own = Own(members, place)?.Id ?? 0;
        return string.Join(',', members.SelectMany(member => member.PeerUrls.Select(url => $"{(member.Id == own ? place.Setup.Name : member.Name)}={url}")));
    }

    private static EtcdMemberFact? Own(IReadOnlyList<EtcdMemberFact> members, MemberPlace place) =>
        members.FirstOrDefault(member => member.PeerUrls.Intersect(place.Setup.PeerUrls).Any());
}
