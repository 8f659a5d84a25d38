using System.Globalization;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Drills;

/// <summary>
/// Says how a drill ended. An agent that found the data bad is believed; one that says all is well must name the very revision,
/// hash and number of keys that were recorded when the snapshot was taken, or all the files of the sample.
/// </summary>
internal static class DrillJudge
{
    public static DrillCase End(DrillCase drill, WorkOutcome outcome, DateTimeOffset now) => outcome switch
    {
        WorkOutcome.Restored { Report.Drill: { } report } => Judge(drill, report) with { EndedAt = now },
        WorkOutcome.Failed { Failure: { Cause: FailureCause.StoreCorrupt or FailureCause.EtcdSnapshotInvalid } failure } =>
            drill with { State = DrillState.Failed, Reason = failure.Message, EndedAt = now },
        WorkOutcome.Failed failed => drill with { State = DrillState.NotHeld, Failure = failed.Failure, EndedAt = now },
        _ => drill with
        {
            State = DrillState.NotHeld,
            Failure = new Failure(drill.Node, drill.Source.ToString(), FailureCause.ProtocolViolation, "The agent reported something else than a drill."),
            EndedAt = now,
        },
    };

    private static DrillCase Judge(DrillCase drill, Wire.DrillReport report)
    {
        DrillCase judged = drill with { Etcd = DrillMapping.ToModel(report.Etcd), Files = DrillMapping.ToModel(report.Files) };
        string? fault = report.Passed
            ? drill.Snapshot.Etcd is { } evidence ? Compare(evidence, judged.Etcd) : Compare(drill.Sample, judged.Files)
            : report.Reason.Length > 0 ? report.Reason : "The agent gave no reason.";
        return fault is null
            ? judged with { State = DrillState.Passed, Files = judged.Files is { } files ? files with { FilesInSnapshot = drill.Sample.FilesInSnapshot } : null }
            : judged with { State = DrillState.Failed, Reason = fault };
    }

    private static string? Compare(EtcdEvidence evidence, EtcdDrill? drill) => drill switch
    {
        null => "The agent reported nothing about etcd.",
        _ when drill.Revision != evidence.Revision => Differs("revision", evidence.Revision, drill.Revision),
        _ when drill.Keys != evidence.Keys => Differs("number of keys", evidence.Keys, drill.Keys),
        _ when drill.HashKv != evidence.HashKv => Differs("HashKV", evidence.HashKv, drill.HashKv),
        _ => null,
    };

    private static string? Compare(FileSample sample, FilesDrill? drill) => drill switch
    {
        null => "The agent reported nothing about files.",
        _ when drill.Files != sample.Paths.Count => Differs("number of files", sample.Paths.Count, drill.Files),
        _ when drill.Bytes != sample.Bytes => Differs("number of bytes", sample.Bytes, drill.Bytes),
        _ => null,
    };

    private static string Differs(string what, long expected, long actual) =>
        string.Create(CultureInfo.InvariantCulture, $"The {what} was {expected} when the snapshot was taken, and is {actual} in what was restored.");
}
