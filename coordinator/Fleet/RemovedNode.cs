namespace K8sBackup.Coordinator.Fleet;

/// <summary>A node whose certificates are good no more.</summary>
/// <param name="Name">The node.</param>
/// <param name="At">Certificates issued until then are refused; one of a later enrolment is not.</param>
public sealed record RemovedNode(string Name, DateTimeOffset At);
