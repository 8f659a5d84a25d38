namespace K8sBackup.Coordinator.Catalog;

/// <summary>When the last scheduled check that ended had begun, as kept on disk.</summary>
internal sealed record CheckMark(DateTimeOffset BeganAt);
