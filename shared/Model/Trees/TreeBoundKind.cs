namespace K8sBackup.Model.Trees;

/// <summary>Where a <see cref="TreeBound"/> lies relative to its path.</summary>
internal enum TreeBoundKind
{
    At,
    After,
    AfterSubtree,
}
