using Grpc.Core;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Inside;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Impact;
using K8sBackup.Kubernetes.Objects;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using ImpactReport = K8sBackup.Kubernetes.Impact.ImpactReport;

namespace K8sBackup.Cli.Impact;

/// <summary>
/// Finds out what a restore of etcd would do: an agent compares with the running etcd; where that does not answer, the newest restore
/// point stands in for it, and the result says so.
/// </summary>
internal sealed class ImpactCall
{
    // What the running etcd cannot be asked for, and a newer restore point may still tell.
    private static readonly FailureCause[] s_passable = [FailureCause.EtcdUnavailable, FailureCause.NodeUnavailable, FailureCause.SourceMissing, FailureCause.SourceUnreadable];

    private readonly CommandSession _session;
    private readonly ImpactQuery _query;
    private readonly string _spool;

    public ImpactCall(CommandSession session, ImpactQuery query, string spool)
    {
        _session = session;
        _query = query;
        _spool = spool;
    }

    /// <summary>The impact of restoring a snapshot of a point.</summary>
    public async Task<RestoreImpact> RunAsync(RestorePoint point, Snapshot snapshot, string node, CancellationToken cancellationToken)
    {
        (IReadOnlyList<CapturedCertificate> certificates, IReadOnlyList<string> notes) = CertificateSurvey.Of(point, _session.Context.Clock.GetUtcNow());
        RestoreImpact impact;
        try
        {
            impact = await LiveAsync(point, snapshot, node, cancellationToken);
        }
        catch (Exception e) when (CommandFailures.IsExpected(e) && s_passable.Contains(CommandFailures.ToFailure(e).Cause))
        {
            impact = await NewestAsync(point, snapshot, CommandFailures.ToFailure(e).Message, cancellationToken);
        }

        return impact with { Certificates = certificates, Notes = [.. impact.Notes, .. notes] };
    }

    private async Task<RestoreImpact> LiveAsync(RestorePoint point, Snapshot snapshot, string node, CancellationToken cancellationToken)
    {
        AssessImpactRequest request = new()
        {
            PointId = point.Id,
            Source = snapshot.Source,
            Node = node,
            Options = new ImpactOptions { NamesMax = _query.NamesMax, Kind = _query.Kind, Namespace = _query.Namespace },
        };
        AsyncServerStreamingCall<ImpactMessage> call = _session.Impacts.Assess(request, _session.LongCall(cancellationToken));
        Transport.V1.ImpactReport? report = null;
        await foreach (ImpactMessage message in CommandSession.StreamAsync(call, cancellationToken))
        {
            report = message.Report ?? report;
        }

        return report is null ? throw new BackupException(FailureCause.NodeUnavailable, "The comparison ended without a report.") : new RestoreImpact
        {
            PointId = point.Id,
            Source = Words.Of(snapshot.Source),
            ComparedWith = $"the running etcd {report.LiveVersion} of {(node.Length > 0 ? node : snapshot.Source.Node)}",
            IsLive = true,
            Report = ToModel(report),
            VersionSkew = Skew(report.DataVersion, report.LiveVersion),
        };
    }

    private async Task<RestoreImpact> NewestAsync(RestorePoint point, Snapshot snapshot, string why, CancellationToken cancellationToken)
    {
        using CoordinatorPoints points = new(_session);
        RestorePoint newest = await points.FindAsync("latest", cancellationToken);
        Snapshot other = new SourceReference("etcd", snapshot.Source.Name, snapshot.Source.Node).In(newest);
        string running = other.Etcd?.ServerVersion ?? "";
        using SpoolFile then = SpoolFile.Create(_spool);
        using SpoolFile now = SpoolFile.Create(_spool);
        await EtcdFetch.SnapshotAsync(points, point, snapshot, then.Stream, _session.Context, cancellationToken);
        await EtcdFetch.SnapshotAsync(points, newest, other, now.Stream, _session.Context, cancellationToken);
        SnapshotVerifier.VerifyDigest(then.Path, cancellationToken);
        SnapshotVerifier.VerifyDigest(now.Path, cancellationToken);
        using SnapshotDatabase past = SnapshotDatabase.Open(then.Path);
        using SnapshotDatabase present = SnapshotDatabase.Open(now.Path);
        ImpactReport report = await new ImpactAssessment(new ObjectDecoder(Keyring.Empty), _query)
            .RunAsync(present.At(), past.At(), () => (present.Revision, past.Revision), cancellationToken);
        List<string> notes = [$"The running etcd could not be asked: {why}"];
        if (newest.Id == point.Id)
        {
            notes.Add("It is the newest restore point itself: what changed since is not known.");
        }

        return new RestoreImpact
        {
            PointId = point.Id,
            Source = Words.Of(snapshot.Source),
            ComparedWith = $"the newest restore point {newest.Id} of {Output.Human.Time(newest.Interval?.StartedAt)}; later changes are not in this report",
            IsLive = false,
            Report = report,
            VersionSkew = Skew(snapshot.Etcd?.ServerVersion ?? "", running),
            Notes = notes,
        };
    }

    private static string Skew(string data, string server)
    {
        if (!EtcdVersion.TryParse(data, out EtcdVersion written) || !EtcdVersion.TryParse(server, out EtcdVersion running))
        {
            return $"The data is of etcd '{data}', the server of '{server}': whether they fit cannot be told.";
        }

        return VersionGuard.Check(written, running) switch
        {
            VersionFit.TargetTooOld => $"The data is of etcd {written}, the server of {running}, which is older: the restore will be refused.",
            VersionFit.SkipsMinors => $"The data is of etcd {written}, the server of {running}: etcd supports one minor version at a time.",
            _ => "",
        };
    }

    private static ImpactReport ToModel(Transport.V1.ImpactReport wire) => new()
    {
        RevisionThen = wire.RevisionThen,
        RevisionNow = wire.RevisionNow,
        Vanishing = wire.Vanishing,
        Returning = wire.Returning,
        Changing = wire.Changing,
        Groups = [.. wire.Groups.Select(g => new Kubernetes.Impact.ImpactGroup(g.Kind, g.Namespace, g.Vanishing, g.Returning, g.Changing))],
        Infrastructure = [.. wire.Infrastructure.Select(ToModel)],
        Named = [.. wire.Named.Select(ToModel)],
        IsCut = wire.IsCut,
    };

    private static Kubernetes.Impact.ImpactObject ToModel(Transport.V1.ImpactObject wire) =>
        new((Kubernetes.Impact.ImpactChange)(int)wire.Change, wire.Kind, wire.Namespace, wire.Name);
}
