namespace K8sBackup.Transport.Identity;

/// <summary>What the holder of a certificate is.</summary>
public enum Role
{
    /// <summary>Agent on a control-plane node: may send etcd snapshots and control-plane files, and volumes.</summary>
    ControlPlane = 1,

    /// <summary>Agent on any other node: may send volumes only.</summary>
    Worker = 2,

    /// <summary>A person with the right to use the operator's API.</summary>
    Operator = 3,

    /// <summary>The coordinator.</summary>
    Coordinator = 4,
}
