namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A volume of a driver that is a program on the nodes.</summary>
public sealed record FlexVolume
{
    /// <summary>Vendor and driver, such as <c>example.com/nas</c>.</summary>
    public string Driver { get => field ?? ""; init; }
}
