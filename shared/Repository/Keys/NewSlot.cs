namespace K8sBackup.Repository.Keys;

/// <summary>A slot to be made.</summary>
/// <param name="Credential">What will open it.</param>
/// <param name="Label">What the operator calls it, for example "secret kube-system/k8sbackup-key".</param>
public sealed record NewSlot(SlotCredential Credential, string Label);
