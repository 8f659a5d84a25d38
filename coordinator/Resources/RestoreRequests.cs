using Google.Protobuf;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Restore objects as the requests operators send: they are checked and carried out in the same place.</summary>
internal static class RestoreRequests
{
    /// <summary>What is wrong with the spec, with the field; null when nothing is. An API server with the definitions lets none of this through.</summary>
    public static string? Fault(RestoreSpec spec)
    {
        int from = Given(spec.RestorePoint.Length > 0, spec.BackupRef is not null, spec.LatestOf is not null);
        int what = Given(spec.Files is not null, spec.ControlPlane is not null, spec.Etcd is not null);
        return from != 1 ? "spec: exactly one of restorePoint, backupRef and latestOf is expected."
            : what != 1 ? "spec: exactly one of files, controlPlane and etcd is expected."
            : spec.ControlPlane is { Target.Length: 0 } ? "spec.controlPlane.target: is missing."
            : spec.Etcd is { ConfirmCluster.Length: 0 } ? "spec.etcd.confirmCluster: is missing; it is the name of the cluster, typed."
            : spec.Files is { } files && FilesFault(files) is { } fault ? fault
            : spec.Files is { Volume.Length: 0 } || (Source(spec) is { } source && SourceKey.IsName(source.Node) && SourceKey.IsName(source.Name)) ? null
            : "spec: the node or the name of the source is no name.";
    }

    private static string? FilesFault(FilesRestore files) =>
        Given(files.Volume.Length > 0, files.Claim is not null, files.Pod is not null) != 1 ? "spec.files: exactly one of volume, claim and pod is expected."
        : files.Volume.Length > 0 != files.Node.Length > 0 ? "spec.files: volume and node belong together."
        : files.Into is { } both && Given(both.Claim is not null, both.Pod is not null) != 1 ? "spec.files.into: exactly one of claim and pod is expected."
        : files.Into is not null && (files.Target.Length > 0 || files.OnNode.Length > 0) ? "spec.files: into is where a pod has it mounted; target and onNode are for directories."
        : null;

    /// <summary>The source the spec names, when it names it as such.</summary>
    private static SourceKey Source(RestoreSpec spec) => spec switch
    {
        { Files: { } files } => new SourceKey(files.Node, SourceKind.Volume, files.Volume),
        { ControlPlane: { } files } => new SourceKey(files.Node, SourceKind.ControlPlaneFiles, Or(files.Name, "files")),
        { Etcd: { } etcd } => new SourceKey(etcd.Node, SourceKind.Etcd, Or(etcd.Name, "etcd")),
        _ => throw new ArgumentException("The spec names no source.", nameof(spec)),
    };

    /// <summary>The request of a restore of files. The object's uid makes a repeated request find the restore it began.</summary>
    public static Wire.StartRestoreRequest Files(RestoreResource restore, string point)
    {
        RestoreSpec spec = restore.Spec;
        (string node, IReadOnlyList<string> paths, Wire.RestoreFilesOptions options) = spec switch
        {
            { Files: { } files } => (files.OnNode, files.Paths, Options(files)),
            { ControlPlane: { } files } => (files.OnNode, files.Paths, Options(files)),
            _ => throw new ArgumentException("The restore is not of files.", nameof(restore)),
        };
        Wire.StartRestoreRequest request = new()
        {
            RequestId = restore.Metadata.Uid,
            PointId = point,
            Node = node,
            Files = options,
            Into = Name(spec.Files?.Into?.Claim, spec.Files?.Into?.Pod),
            From = Name(spec.Files?.Claim, spec.Files?.Pod),
        };
        request.Source = request.From is null ? Transport.Mapping.SourceMapping.ToWire(Source(spec)) : null;
        request.Paths.AddRange(paths.Select(ByteString.CopyFromUtf8));
        return request;
    }

    /// <summary>True when nothing is to be changed.</summary>
    public static bool IsDryRun(RestoreSpec spec) => spec.Files?.DryRun ?? spec.ControlPlane?.DryRun ?? false;

    public static Wire.PlanClusterRestoreRequest Cluster(RestoreResource restore, string point)
    {
        EtcdRestore etcd = restore.Spec.Etcd ?? throw new ArgumentException("The restore is not of etcd.", nameof(restore));
        return new Wire.PlanClusterRestoreRequest
        {
            RequestId = restore.Metadata.Uid,
            PointId = point,
            Source = Transport.Mapping.SourceMapping.ToWire(Source(restore.Spec)),
            Nodes = { etcd.Nodes },
            LostNodes = { etcd.LostNodes },
            Revision = etcd.Revision,
            RevisionBump = etcd.RevisionBump,
            TargetVersion = etcd.TargetVersion,
            AcceptSuspect = etcd.AcceptSuspect,
            Rejoin = etcd.Rejoin,
        };
    }

    private static Wire.VolumeName? Name(ClaimReference? claim, PodVolumeReference? pod) =>
        claim is not null ? new Wire.VolumeName { Namespace = claim.Namespace, Claim = claim.Name }
        : pod is not null ? new Wire.VolumeName { Namespace = pod.Namespace, Pod = pod.Name, Volume = pod.Volume }
        : null;

    private static Wire.RestoreFilesOptions Options(FilesRestore files) => new()
    {
        Target = files.Target,
        Conflicts = Conflicts(files.Conflicts),
        KeepPrivileges = files.KeepPrivileges,
        Devices = files.Devices,
        FileFlags = files.FileFlags,
    };

    private static Wire.RestoreFilesOptions Options(ControlPlaneRestore files) => new()
    {
        Target = files.Target,
        Conflicts = Conflicts(files.Conflicts),
    };

    private static Wire.ConflictPolicy Conflicts(string word) => word switch
    {
        "" or "Skip" => Wire.ConflictPolicy.Skip,
        "Overwrite" => Wire.ConflictPolicy.Overwrite,
        "Rename" => Wire.ConflictPolicy.Rename,
        "Mirror" => Wire.ConflictPolicy.Mirror,
        _ => throw new BackupException(FailureCause.InvalidRequest, $"conflicts: Skip, Overwrite, Rename or Mirror is expected, not '{word}'."),
    };

    private static int Given(params ReadOnlySpan<bool> given)
    {
        int count = 0;
        foreach (bool each in given)
        {
            count += each ? 1 : 0;
        }

        return count;
    }

    private static string Or(string? text, string otherwise) => string.IsNullOrEmpty(text) ? otherwise : text;
}
