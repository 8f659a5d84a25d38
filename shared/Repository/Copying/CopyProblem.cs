namespace K8sBackup.Repository.Copying;

/// <summary>An object that was not copied.</summary>
/// <param name="ObjectName">The object.</param>
/// <param name="IsAtSource">True when the source's object is damaged, or not all it needs is in the copy; false when the copy holds another one under its name.</param>
/// <param name="Detail">What is wrong.</param>
public sealed record CopyProblem(string ObjectName, bool IsAtSource, string Detail);
