namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>One line of the audit log.</summary>
/// <param name="Time">Coordinator's time, UTC.</param>
/// <param name="Actor">Identity in the caller's certificate.</param>
/// <param name="Peer">Address the call came from.</param>
/// <param name="Action">What was asked for, such as <c>run.start</c>.</param>
/// <param name="Target">What it was asked for, without secrets.</param>
/// <param name="Result"><c>ok</c>, or the status code and text of the refusal.</param>
public sealed record AuditEntry(DateTimeOffset Time, string Actor, string Peer, string Action, string Target, string Result);
