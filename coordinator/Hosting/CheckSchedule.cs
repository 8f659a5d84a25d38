namespace K8sBackup.Coordinator.Hosting;

/// <summary>When the coordinator checks the repository by itself.</summary>
public sealed record CheckSchedule
{
    /// <summary>Time between two checks; zero for none.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Period in which all data is read once; zero for checks of the structure only.</summary>
    public TimeSpan ReadDataWithin { get; init; } = TimeSpan.FromDays(30);
}
