/** Whether a text is `owner/name`, as the hub knows models; `./name` and `../name` are folders. */
export const isHubName = (text: string): boolean => /^\w[\w.-]*\/\w[\w.-]*$/.test(text);
