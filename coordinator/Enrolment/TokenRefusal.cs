namespace K8sBackup.Coordinator.Enrolment;

/// <summary>Why a service account's token enrols nobody.</summary>
public enum TokenRefusal
{
    /// <summary>The API server does not know it, it has expired, its pod is gone, or it was made for somebody else.</summary>
    NotAuthenticated,

    /// <summary>It belongs to none of the two accounts of agents.</summary>
    OtherAccount,

    /// <summary>It is not bound to a pod, so it says nothing of a node.</summary>
    NotBound,

    /// <summary>The pod it is bound to is not there, or another one has its name.</summary>
    PodGone,

    /// <summary>Its pod runs on another node than the one that is to be enrolled.</summary>
    OtherNode,

    /// <summary>It is for control-plane agents, and the node is none of the control plane.</summary>
    NotControlPlane,
}
