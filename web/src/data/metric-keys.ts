/** MLflow's clients log what they measure of the machine under this name. */
export const isSystemMetric = (key: string): boolean => key.startsWith('system/');
