namespace K8sBackup.Coordinator.Plans;

/// <summary>Why a plan file is not in force as it is.</summary>
/// <param name="File">Name in the plan directory.</param>
/// <param name="Line">Line from 1; 0 when the whole file is meant.</param>
/// <param name="Reason">Field and cause.</param>
/// <param name="LastGoodInForce">True when the last good version of the file is still in force.</param>
public sealed record PlanFault(string File, int Line, string Reason, bool LastGoodInForce);
