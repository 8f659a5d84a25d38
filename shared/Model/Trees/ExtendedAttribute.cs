namespace K8sBackup.Model.Trees;

/// <summary>One extended attribute; POSIX ACLs are the attributes <c>system.posix_acl_access</c> and <c>_default</c>.</summary>
public sealed record ExtendedAttribute(byte[] Name, byte[] Value);
