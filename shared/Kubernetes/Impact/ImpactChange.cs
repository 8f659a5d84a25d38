namespace K8sBackup.Kubernetes.Impact;

/// <summary>What a restore does to an object. The numbers are on the wire.</summary>
public enum ImpactChange
{
    /// <summary>It is there now, and was not then.</summary>
    Vanishes = 1,

    /// <summary>It was there then, and is not now.</summary>
    Returns = 2,

    /// <summary>It is there both times, with other values.</summary>
    Changes = 3,
}
