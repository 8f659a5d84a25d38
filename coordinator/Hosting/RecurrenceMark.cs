namespace K8sBackup.Coordinator.Hosting;

/// <summary>When something recurring that was done had begun, as kept on disk.</summary>
internal sealed record RecurrenceMark(DateTimeOffset BeganAt);
