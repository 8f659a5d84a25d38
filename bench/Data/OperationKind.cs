namespace K8sBackup.Bench.Data;

internal enum OperationKind
{
    Backup,

    /// <summary>Every file is read again, whatever the earlier snapshot says.</summary>
    ForcedBackup,
    Restore,
}
